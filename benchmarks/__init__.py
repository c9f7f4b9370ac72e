"""What notifyhub costs against a handler written by hand: `python -m benchmarks`."""
