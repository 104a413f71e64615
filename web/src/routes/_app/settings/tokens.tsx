import { createFileRoute } from "@tanstack/react-router";
import { Tokens } from "~/features/settings/tokens";

export const Route = createFileRoute("/_app/settings/tokens")({ component: Tokens });
