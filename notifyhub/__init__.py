"""Sends the codes and passwords that Cognito hands over, and every other notification of the same application."""
