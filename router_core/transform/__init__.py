"""Changes of requests and answers that config.toml asks for, one small file each."""
