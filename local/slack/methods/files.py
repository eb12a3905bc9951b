"""files.*: an upload in three steps. https://docs.slack.dev/messaging/working-with-files#uploading_files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, channel_by_id, message_at, method

if TYPE_CHECKING:
    from local.slack.store import Author, File
    from local.slack.workspace import Workspace


@method("files.getUploadURLExternal", "filename", "length")
def get_upload_url(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Where to send the bytes."""
    del caller
    if not str(args["length"]).isdigit() or int(args["length"]) == 0:
        raise SlackError("invalid_arguments", ("[ERROR] must be a positive integer [json-pointer:/length]",))
    if len(str(args.get("alt_txt") or "")) > 1000:
        raise SlackError("alt_txt_too_large")
    file = workspace.new_file(str(args["filename"]), int(args["length"]), str(args.get("alt_txt") or ""))
    return {"upload_url": workspace.upload_url(file), "file_id": file.id}


@method("files.completeUploadExternal", "files")
def complete_upload(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Finish the upload and, given a channel, share the files there or in a thread of it."""
    uploads = args["files"]
    if not isinstance(uploads, list) or not uploads:
        raise SlackError("invalid_arguments", ("[ERROR] must be an array [json-pointer:/files]",))
    files = [_uploaded(workspace, str(upload.get("id"))) for upload in uploads]
    share = {"text": str(args.get("initial_comment") or ""), "files": files}
    if args.get("channel_id"):
        channel = workspace.store.channel(str(args["channel_id"]))
        if channel is None or not channel.member:
            raise SlackError("invalid_channel")
        if args.get("thread_ts"):
            root = message_at(workspace, channel, args["thread_ts"], "thread_not_found")
            share["thread_ts"] = root.thread_ts or root.ts
    for upload, file in zip(uploads, files, strict=True):
        file.title = str(upload.get("title") or file.name)
        workspace.complete(file)
    if args.get("channel_id"):
        workspace.store.add(channel_by_id(workspace, args["channel_id"]), caller, share)
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


@method("files.info", "file")
def info(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """One file; its mimetype is empty until it has been processed."""
    del caller
    file = workspace.store.files.get(str(args["file"]))
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    return {"file": file.as_slack()}


def _uploaded(workspace: Workspace, identity: str) -> File:
    file = workspace.store.files.get(identity)
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return file
