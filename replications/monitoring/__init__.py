"""What a monitor adds within one system prompt, and between them."""
