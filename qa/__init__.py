"""Grounded question answering over a folder of articles.

>>> from qa import ask
>>> answer = ask("네이버의 두 번째 베트남 연구소는 어디에 있나요?")
>>> answer.text, answer.citations[0].title
"""

from qa.answering import Answerer, ask
from qa.records import Answer, Citation, Filters, Passage

__all__ = ["Answer", "Answerer", "Citation", "Filters", "Passage", "ask"]
