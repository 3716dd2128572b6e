"""`python -m qa` is `article-qa`."""

from qa.cli import main

main()
