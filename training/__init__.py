"""How the bundled encoder was made: one idea a file, run in this order.

prepare     data folder -> bitext.jsonl, documents.jsonl: weighted, leak-checked (`texts`), more questions (`cloze`)
tokenizer   Korean pieces beside an English WordPiece vocabulary, and where their vectors start
distil      Korean sentences onto the English teacher's vectors
finetune    questions onto passages among misleading ones (`mine`), while distillation goes on
evaluate    the table of benchmarks/encoder.py for a folder, kept beside it
export      half precision, model card, checksums

`lexicon` and `transliteration` make the two tables with which BM25 crosses from English to Korean and back; `support`
fits when an answer is certain enough.

`student` holds the model, optimisers and checkpoints; `together` lets several processes train one model.
`python -m training DATA_DIR WORK_DIR` runs all of it and can be stopped and started again.
"""
