"""Sockets, sessions, faults, remote control."""
