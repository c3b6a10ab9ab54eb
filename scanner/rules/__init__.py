"""Rules: YAML files read, checked and compiled. `engine` alone knows CEL."""
