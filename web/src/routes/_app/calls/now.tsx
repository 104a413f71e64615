import { createFileRoute } from "@tanstack/react-router";
import { CallNow } from "~/features/live-calls/call-now";

export const Route = createFileRoute("/_app/calls/now")({ component: CallNow });
