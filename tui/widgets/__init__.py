"""Parts of screens: lists of lines, bars, the top line, the key bar."""
