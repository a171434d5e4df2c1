# tests/areas
