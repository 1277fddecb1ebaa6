"""What may go wrong with a subject, a run or the disk, without being a fault of the benchmark."""

import subprocess

import subjects
from fio import FioFailed

import readiness  # found by the path that subjects.py adds

EXPECTED = (subjects.SubjectFailed, FioFailed, readiness.NotReady, OSError,
            subprocess.SubprocessError)
