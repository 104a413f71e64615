"""Holds what Patchcord sends against the vendors' own packages `openai` and `twilio`. Reads JSON, prints what it checked.

The models of `openai` take unknown fields silently, so nothing is proven by their taking an event: each event must come back
exactly as it went in, with nothing that the models do not know, and with every value of the type that they want.
"""

import inspect
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import pydantic
from openai.types.realtime import RealtimeClientEvent, RealtimeClientEventParam
from twilio.request_validator import RequestValidator
from twilio.twiml import voice_response

faults = []
counts = {}


def check(kind, fits, what):
    counts[kind] = counts.get(kind, 0) + 1
    if not fits:
        faults.append(f"{kind}: {what}")


def unknown(value, path="event"):
    """Every field that a model took without knowing it."""
    if isinstance(value, pydantic.BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in value.model_fields_set:
            if name in type(value).model_fields:
                yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            yield from unknown(entry, f"{path}[{index}]")


def realtime(events):
    models = pydantic.TypeAdapter(RealtimeClientEvent)
    dictionaries = pydantic.TypeAdapter(RealtimeClientEventParam)
    for text in events:
        event = json.loads(text)
        name = event["type"]
        try:
            # Strict, so that a number in quotes does not pass for a number.
            read = models.validate_json(text, strict=True)
            back = models.dump_python(read, mode="json", by_alias=True, exclude_unset=True)
            check("events", back == event, f"{name} came back as {json.dumps(back)}\ninstead of {text}")
            strange = sorted(unknown(read))
            check("events without unknown fields", not strange, f"{name} has {strange}")
            # The typed dictionaries say which fields must be there.
            dictionaries.validate_python(event)
            check("events by typed dictionaries", True, name)
        except pydantic.ValidationError as error:
            check("events", False, f"{name} is refused: {error}\n{text}")
    # The check itself: what nobody knows must be found.
    wrong = {"type": "response.create", "event_id": "e", "response": {"temperature": 1.0, "instructions": "x"}}
    check("planted faults found", list(unknown(models.validate_python(wrong))) == ["event.response.temperature"], "an unknown field")
    try:
        models.validate_json('{"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": "9"}', strict=True)
        check("planted faults found", False, "a number in quotes passes")
    except pydantic.ValidationError:
        check("planted faults found", True, "")


class Form(dict):
    """Parameters of which some come more than once, in the form in which web frameworks hand them to the package."""

    def getlist(self, name):
        return self[name]


def signatures(signed):
    for case in signed:
        parameters = Form()
        for name, value in case["parameters"]:
            parameters.setdefault(name, []).append(value)
        validator = RequestValidator(case["token"])
        check("signatures", validator.validate(case["url"], parameters, case["signature"]), case["url"])
        check("signatures refused", not validator.validate(case["url"] + "x", parameters, case["signature"]), case["url"])


# Where a verb may stand, and which method of which class of the package makes it.
MAKERS = {
    ("Response", "Connect"): voice_response.VoiceResponse.connect,
    ("Response", "Dial"): voice_response.VoiceResponse.dial,
    ("Response", "Gather"): voice_response.VoiceResponse.gather,
    ("Response", "Hangup"): voice_response.VoiceResponse.hangup,
    ("Response", "Pause"): voice_response.VoiceResponse.pause,
    ("Response", "Play"): voice_response.VoiceResponse.play,
    ("Response", "Record"): voice_response.VoiceResponse.record,
    ("Response", "Redirect"): voice_response.VoiceResponse.redirect,
    ("Response", "Reject"): voice_response.VoiceResponse.reject,
    ("Response", "Say"): voice_response.VoiceResponse.say,
    ("Connect", "Stream"): voice_response.Connect.stream,
    ("Connect", "ConversationRelay"): voice_response.Connect.conversation_relay,
    ("ConversationRelay", "Parameter"): voice_response.ConversationRelay.parameter,
    ("Stream", "Parameter"): voice_response.Stream.parameter,
    ("Dial", "Number"): voice_response.Dial.number,
    ("Dial", "Conference"): voice_response.Dial.conference,
    ("Gather", "Say"): voice_response.Gather.say,
}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def twiml(document):
    root = ElementTree.fromstring(document)
    check("verbs", root.tag == "Response", root.tag)
    used = set()

    def walk(parent):
        for child in parent:
            place = (parent.tag, child.tag)
            maker = MAKERS.get(place)
            check("verbs", maker is not None, f"<{child.tag}> in <{parent.tag}>")
            used.add(place)
            if maker is not None:
                known = set(inspect.signature(maker).parameters) - {"self", "kwargs"}
                for name in child.attrib:
                    # A few words of the package end in an underscore, and a few are written as in the document.
                    check("attributes", bool({snake(name), name} & known), f"{name} of <{child.tag}>; known are {sorted(known)}")
            walk(child)

    walk(root)
    check("verbs", used == set(MAKERS), f"not shown: {sorted(set(MAKERS) - used)}")


def frames(streams, relay):
    """The carrier's package has no types for frames: at least they are objects with a name, in the fields of its manual."""
    fields = {"media": {"payload"}, "mark": {"name"}, "clear": None}
    for text in streams:
        frame = json.loads(text)
        event = frame.pop("event")
        body = frame.pop(event, None)
        fits = event in fields and (set(body) if body is not None else None) == fields[event] and set(frame) == {"streamSid"}
        check("frames", fits, text)
    known = {
        "text": {"token", "last", "lang", "interruptible", "preemptible"},
        "play": {"source", "loop", "preemptible", "interruptible"},
        "sendDigits": {"digits"},
        "language": {"ttsLanguage", "transcriptionLanguage"},
        "end": {"handoffData"},
    }
    for text in relay:
        frame = json.loads(text)
        check("frames", set(frame) - {"type"} <= known.get(frame.get("type"), set()), text)


def main():
    sent = json.load(sys.stdin)
    realtime(sent["realtime"])
    signatures(sent["signatures"])
    twiml(sent["twiml"])
    frames(sent["streams"], sent["relay"])
    for fault in faults:
        print(f"does not fit: {fault}", file=sys.stderr)
    print("vendors: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    sys.exit(1 if faults else 0)


main()
