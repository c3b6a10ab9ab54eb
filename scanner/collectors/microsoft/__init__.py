"""What the Microsoft collectors share: clouds, authentication, and a client that only reads."""
