"""Hold a running lab against its own description of the API: `python -m tests.support.conforming http://localhost:8000`.

Schemathesis makes requests of the description, valid and invalid ones. Each answer has to be one that is described.
"""

import subprocess
import sys

from tests.support.stack import ROOT

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def conforms(url: str, *more: str) -> tuple[bool, str]:
    """Whether all answers are as described, and what schemathesis says."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/openapi.json", "--checks", CHECKS]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--no-color", *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    return done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    fine, output = conforms(sys.argv[1], "--max-examples", "20", *sys.argv[2:])
    print(output)
    sys.exit(0 if fine else 1)
