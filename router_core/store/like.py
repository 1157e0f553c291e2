"""A word that somebody looks for → a pattern of SQLite's `like`."""


def holding(word: str) -> str:
    """For `like ? escape '!'`: what holds the word, each of its characters taken as it is."""
    return f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
