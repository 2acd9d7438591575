// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shell in the framework. Its classes live in a bundle, so it is called by reflection. */
final class Gogo implements CommandRunner {
    private static final Logger LOG = LoggerFactory.getLogger(Gogo.class);
    private static final String PROCESSOR = "org.apache.felix.service.command.CommandProcessor";
    private static final String SESSION = "org.apache.felix.service.command.CommandSession";
    private static final String NO_GLOB = "gogo.option.noglob";

    /** Converter.INSPECT: how the shell itself prints a result. */
    private static final int INSPECT = 0;

    private static final long START_SECONDS = 15;

    private final BundleContext context;
    private final CountDownLatch started = new CountDownLatch(1);

    Gogo(BundleContext context) {
        this.context = context;
    }

    /** All bundles are started; commands that came before waited for this. */
    void begin() {
        started.countDown();
    }

    @Override
    public int run(String command, OutputStream out, OutputStream err) {
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        try (PrintStream results = new PrintStream(out, false, StandardCharsets.UTF_8)) {
            if (!started.await(START_SECONDS, TimeUnit.SECONDS)) {
                errors.println("error: the instance is still starting; try again later");
                return Refusal.FAILED;
            }
            ServiceReference<?> shell = context.getServiceReference(PROCESSOR);
            if (shell == null) {
                errors.println("error: the shell has stopped; the log of the instance tells why");
                return Refusal.FAILED;
            }
            execute(context.getService(shell), command, results, errors);
            return 0;
        } catch (InvocationTargetException e) {
            return report(command, e.getCause(), errors);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this is not the shell that was tested", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Refusal.FAILED;
        } finally {
            errors.flush();
        }
    }

    private static void execute(Object shell, String command, PrintStream results, PrintStream errors)
            throws ReflectiveOperationException {
        Object session = method(
                        shell, PROCESSOR, "createSession", InputStream.class, OutputStream.class, OutputStream.class)
                .invoke(shell, InputStream.nullInputStream(), results, errors);
        try {
            method(session, SESSION, "put", String.class, Object.class).invoke(session, NO_GLOB, true);
            Object result =
                    method(session, SESSION, "execute", CharSequence.class).invoke(session, command);
            if (result != null) {
                results.println(method(session, SESSION, "format", Object.class, int.class)
                        .invoke(session, result, INSPECT));
            }
            results.flush();
        } finally {
            method(session, SESSION, "close").invoke(session);
        }
    }

    /** A method of an interface, since the class that implements it is private to its bundle. */
    private static Method method(Object object, String type, String name, Class<?>... parameters)
            throws ReflectiveOperationException {
        Deque<Class<?>> open = new ArrayDeque<>();
        for (Class<?> c = object.getClass(); c != null; c = c.getSuperclass()) {
            open.addAll(List.of(c.getInterfaces()));
        }
        while (!open.isEmpty()) {
            Class<?> candidate = open.remove();
            if (candidate.getName().equals(type)) {
                return candidate.getMethod(name, parameters);
            }
            open.addAll(List.of(candidate.getInterfaces()));
        }
        throw new ClassNotFoundException(type + " is no interface of " + object.getClass());
    }

    /** Checked exceptions are answers; all others are bugs, of which the log gets the whole trace. */
    private static int report(String command, Throwable failure, PrintStream errors) {
        // Of the shell's bundle, and unchecked.
        boolean senseless = failure.getClass().getSimpleName().equals("SyntaxError");
        boolean answer = failure instanceof Exception
                && (senseless || !(failure instanceof RuntimeException) || failure instanceof IllegalArgumentException);
        if (!answer) {
            LOG.error("Command '{}' failed", command, failure);
        }
        if (failure instanceof EOFException) {
            errors.println("error: the command is not complete, a quote or a bracket is left open: "
                    + Failures.printable(command));
        } else if (failure instanceof IOException io) {
            errors.println("error: " + Failures.printable(Failures.describe(io)));
        } else {
            String what = senseless ? "error: the command is not understood: " : "error: ";
            boolean telling = answer && failure.getMessage() != null;
            errors.println(what + Failures.printable(telling ? failure.getMessage() : failure.toString()));
        }
        return Refusal.FAILED;
    }
}
