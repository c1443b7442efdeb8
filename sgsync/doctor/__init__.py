"""The troubleshooting page as a program: everything that an import needs, looked at one by one."""
