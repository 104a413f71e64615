import { createFileRoute } from "@tanstack/react-router";
import { NothingOpen } from "~/features/calls/nothing-open";

export const Route = createFileRoute("/_app/calls/_list/")({ component: NothingOpen });
