import { createFileRoute } from "@tanstack/react-router";
import { AccountManagers } from "~/features/directory/account-managers";

export const Route = createFileRoute("/_app/settings/account-managers")({ component: AccountManagers });
