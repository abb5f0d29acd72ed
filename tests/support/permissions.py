# SPDX-License-Identifier: Apache-2.0
"""Programs that the modes of files bind."""
import os

_AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def bound_by_modes(words=()):
    """The words of a program as somebody runs it whom modes keep out: as another user when root asks, whom they would not."""
    return [*_AS_NOBODY, *words] if os.geteuid() == 0 else [*words]
