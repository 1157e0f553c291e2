"""The same app in a browser: a process of its own that runs one app for each open page."""
