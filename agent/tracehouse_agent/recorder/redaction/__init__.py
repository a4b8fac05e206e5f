"""Taking secrets and personal data out of values, on this machine, before they are kept anywhere.

`rules` has the forms of secrets, `personal` those of personal data, `placeholders` what is put in
their place; `redactor` is the one way in.
"""

from tracehouse_agent.recorder.redaction.redactor import Options, Redactor

__all__ = ["Options", "Redactor"]
