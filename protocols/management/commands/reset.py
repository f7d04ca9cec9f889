from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz import money
from distviz.errors import Unavailable
from distviz.stack.arguments import whole
from protocols import seeding


class Command(BaseCommand):
    help = "Forget every run and open the accounts anew; releases what is held first and never hangs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=whole(1, seeding.MOST), default=len(seeding.NAMES), help="per protocol")
        parser.add_argument("--balance", default=money.text(seeding.OPENING), help="opening balance of each")

    def handle(self, *args: Any, accounts: int, balance: str, **options: Any) -> None:
        try:
            seeding.reset(accounts, money.parse(balance, "balance"))
        except Unavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Every run is forgotten; {accounts} accounts per protocol have ${balance} again.")
