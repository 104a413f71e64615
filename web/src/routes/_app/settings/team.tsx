import { createFileRoute } from "@tanstack/react-router";
import { TeamPage } from "~/features/settings/team";

export const Route = createFileRoute("/_app/settings/team")({ component: TeamPage });
