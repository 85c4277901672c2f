"""The Lambda function that carries export results from the queue to Pleo: wiring only."""

import os
from typing import TYPE_CHECKING

from export_adapter.wiring import adapter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from export_adapter.model import Json

_adapter = adapter(os.environ)


def lambda_handler(event: "dict[str, Json]", context: "LambdaContext") -> "dict[str, Json]":
    """Handle one batch of queue records; return the message ids that SQS is to keep."""
    return _adapter.handle(event, context.get_remaining_time_in_millis(), context.aws_request_id)
