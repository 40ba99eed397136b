"""Whether a scan names what rows hold."""
