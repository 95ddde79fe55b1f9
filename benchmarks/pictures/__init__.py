"""Drawings of five programs, by this project and by four other tools."""
