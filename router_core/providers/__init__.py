"""What each kind of provider answers: auth, quota windows, what a failure means."""
