"""The benchmark: tasks with known targets, methods, metrics and floors."""
