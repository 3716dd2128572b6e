"""How the bundled encoder was made: one idea a file, run in this order.

prepare     data folder -> bitext.jsonl, questions.jsonl (weighted, leak-checked, split off from eval/)
tokenizer   Korean pieces beside an English WordPiece vocabulary
distil      Korean sentences onto the English teacher's vectors
finetune    questions onto passages, while distillation goes on
evaluate    the table of benchmarks/encoder.py for a folder, kept beside it
export      half precision, model card, checksums

`python -m training DATA_DIR WORK_DIR` runs them all and can be stopped and started again.
"""
