import { createFileRoute } from "@tanstack/react-router";
import { Usage } from "~/features/settings/usage";

export const Route = createFileRoute("/_app/settings/usage")({ component: Usage });
