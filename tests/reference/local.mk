# tests/reference
