"""Files of articles -> searchable rows. Knows nothing of questions and answers; `index.build` is the way in."""
