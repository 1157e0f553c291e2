"""The two SQLite databases: tokens.db and traces.db. All SQL lives here."""
