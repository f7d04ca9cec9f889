from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from distviz import money
from distviz.stack.arguments import whole
from protocols import seeding


class Command(BaseCommand):
    help = "Open the demo accounts in each protocol's books; those that exist are left as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=whole(1, seeding.MOST), default=len(seeding.NAMES), help="per protocol")
        parser.add_argument("--balance", default=money.text(seeding.OPENING), help="opening balance of each")

    def handle(self, *args: Any, accounts: int, balance: str, **options: Any) -> None:
        count = seeding.seed(accounts, money.parse(balance, "balance"))
        self.stdout.write(f"{count} accounts in each protocol's books, opened with ${balance}.")
