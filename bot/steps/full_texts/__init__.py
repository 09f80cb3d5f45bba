"""The full text of reports: attached, read elsewhere or not to be had; then judged by two. One file, one use case."""
