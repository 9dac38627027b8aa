"""The full-resolution renderer: state, scheduling, streaming."""
