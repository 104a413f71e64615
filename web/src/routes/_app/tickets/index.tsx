import { createFileRoute } from "@tanstack/react-router";
import { NothingOpen } from "~/features/tickets/nothing-open";

export const Route = createFileRoute("/_app/tickets/")({ component: NothingOpen });
