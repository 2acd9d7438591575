// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/** Has ours keep every rule, and others do what the table says that they do. */
final class Verdicts implements InvocationInterceptor {
    private static final Namespace PEERS = Namespace.create(Verdicts.class);

    static final String KEPT = "kept";
    static final String DEVIATES = "deviates";
    /** Of another's server: the one or the other, as the moment has it. */
    static final String VARIES = "varies";

    static final String NOT_OFFERED = "not offered";
    static final String NOT_TRIED = "–";

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> call, ExtensionContext context)
            throws Throwable {
        Rules rules = (Rules) call.getTarget().orElseThrow();
        Server server = rules.server;
        if (server != Server.OURS && server.version().isEmpty()) {
            invocation.skip();
            throw new TestAbortedException(server.missing());
        }
        rules.peer = context.getRoot().getStore(PEERS).computeIfAbsent(server, Peer::start, Peer.class);
        String found = KEPT;
        Throwable why = null;
        try {
            invocation.proceed();
        } catch (NotOffered e) {
            found = NOT_OFFERED;
            why = e;
        } catch (NotTried e) {
            found = NOT_TRIED;
            why = e;
        } catch (AssertionError | IOException | RuntimeException e) {
            found = DEVIATES;
            why = e;
        }
        if (server == Server.OURS) {
            if (why != null) {
                throw why;
            }
            return;
        }
        compare(server, call.getExecutable(), found, why);
    }

    private static void compare(Server server, Method test, String found, Throwable why) throws IOException {
        ConformanceTable table = ConformanceTable.read();
        if (!table.version(server).equals(server.version())) {
            throw new TestAbortedException("the table tells of " + server.program() + " " + table.version(server)
                    + ", here is " + server.version() + ": not compared");
        }
        List<ConformanceTable.Row> rows = table.rows(test.getDeclaringClass().getSimpleName(), test.getName());
        for (ConformanceTable.Row row : rows) {
            boolean either = row.found(server).equals(VARIES) && (found.equals(KEPT) || found.equals(DEVIATES));
            if (!either && !row.found(server).equals(found)) {
                throw new AssertionFailedError(
                        "rule " + row.number() + " in docs/nbd-conformance.md says of " + server.program() + " '"
                                + row.found(server) + "', but found was '" + found + "'"
                                + (why == null ? "" : ": " + why),
                        why);
            }
        }
    }
}
