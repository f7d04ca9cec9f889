from daphne.cli import CommandLineInterface

from distviz.front.server import Server


class CommandLine(CommandLineInterface):
    server_class = Server


CommandLine.entrypoint()
