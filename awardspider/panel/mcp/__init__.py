"""The MCP server (Model Context Protocol): tools with which assistants search offers and manage watches."""
