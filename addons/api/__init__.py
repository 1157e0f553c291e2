"""The admin API: one file per subject, one list of them all (catalogue.py), one place that answers (answering.py)."""
