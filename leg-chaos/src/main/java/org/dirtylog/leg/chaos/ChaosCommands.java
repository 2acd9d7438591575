// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;
import org.apache.felix.service.command.annotations.RequireGogo;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * The commands {@code chaos:*}. Each is a function of its own: only so does the shell hand over the words as they were typed,
 * and only so may a name have a hyphen or be {@code return}.
 */
@RequireGogo
@Component(
        service = {},
        immediate = true)
public final class ChaosCommands {
    private static final String LEG = "LEG";
    private static final String RULES = "'RULES'";
    private static final String KEEP_ATTRIBUTES = "--keep-attributes";
    private static final String SOME = "--some";

    private final ChaosLegs legs;
    private final List<ServiceRegistration<Function>> services = new ArrayList<>();

    /**
     * Offers the commands.
     *
     * @param context of this bundle
     * @param type    whose legs they command
     */
    @Activate
    public ChaosCommands(BundleContext context, @Reference ChaosLegType type) {
        legs = type.legs();
        functions(legs).forEach((name, function) -> {
            Dictionary<String, Object> properties = new Hashtable<>();
            properties.put(CommandProcessor.COMMAND_SCOPE, LegName.SCHEME);
            properties.put(CommandProcessor.COMMAND_FUNCTION, name);
            services.add(context.registerService(Function.class, function, properties));
        });
    }

    @Deactivate
    void stop() {
        services.forEach(ServiceRegistration::unregister);
    }

    /** What a command does to a leg. Returns what there is to tell beside how it stands with the leg then. */
    private interface Deed {
        String to(ChaosLeg leg, Words words) throws IOException;
    }

    /** The commands by name. */
    static Map<String, Function> functions(ChaosLegs legs) {
        Map<String, Function> functions = new TreeMap<>();
        functions.put("list", (session, arguments) -> {
            Words words = Words.read("chaos:list", List.of(), List.of(), arguments);
            print(words, legs.all().stream().map(ChaosLeg::report).toList(), "");
            return null;
        });
        functions.put("set", function(legs, "set", List.of(LEG, RULES), List.of(), (leg, words) -> {
            leg.set(Rules.parse(words.operands().get(1)));
            return "";
        }));
        functions.put("add", function(legs, "add", List.of(LEG, RULES), List.of(), (leg, words) -> {
            leg.add(Rules.parse(words.operands().get(1)));
            return "";
        }));
        functions.put("clear", function(legs, "clear", List.of(LEG), List.of(), (leg, words) -> {
            leg.set(Rules.NONE);
            return "";
        }));
        functions.put(
                "release",
                function(legs, "release", List.of(LEG), List.of(), (leg, words) -> leg.release() + " released"));
        functions.put("vanish", function(legs, "vanish", List.of(LEG), List.of(), (leg, words) -> {
            leg.vanish();
            return "";
        }));
        functions.put("return", function(legs, "return", List.of(LEG), List.of(), (leg, words) -> {
            leg.comeBack();
            return "";
        }));
        functions.put("snapshot", function(legs, "snapshot", List.of(LEG), List.of(), (leg, words) -> {
            leg.takeSnapshot();
            return "";
        }));
        functions.put(
                "rollback",
                function(
                        legs,
                        "rollback",
                        List.of(LEG),
                        List.of(KEEP_ATTRIBUTES),
                        (leg, words) -> leg.rollBack(!words.has(KEEP_ATTRIBUTES)) + " bytes rolled back"));
        functions.put(
                "power-loss",
                function(
                        legs,
                        "power-loss",
                        List.of(LEG),
                        List.of(SOME),
                        (leg, words) -> leg.losePower(words.has(SOME)) + " bytes lost"));
        return functions;
    }

    private static Function function(
            ChaosLegs legs, String name, List<String> operands, List<String> flags, Deed deed) {
        String command = LegName.SCHEME + ":" + name;
        return (session, arguments) -> {
            Words words = Words.read(command, operands, flags, arguments);
            ChaosLeg leg = legs.find(words.operands().get(0));
            String told = onOwnThread(command, () -> deed.to(leg, words));
            print(words, List.of(leg.report()), told);
            return null;
        };
    }

    /** The shell interrupts its own threads, and an interrupt would close the channel of a leg (P44). */
    private static <T> T onOwnThread(String command, Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "command/" + command);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(
                    command + " goes on in the background, it cannot be called off; look with chaos:list", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Of a command about one leg, JSON is its object; of the list, an array. */
    private static void print(Words words, List<LegReport> reports, String told) throws IOException {
        PrintStream out = Process.Utils.current().out();
        if (!words.json()) {
            if (!told.isEmpty()) {
                out.println(told);
            }
            reports.forEach(report -> report.lines().forEach(line -> out.println(printable(line))));
            return;
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            if (words.operands().isEmpty()) {
                json.writeStartArray();
                for (LegReport report : reports) {
                    report.write(json);
                }
                json.writeEndArray();
            } else {
                reports.get(0).write(json);
            }
        }
        out.println(text);
    }

    /** No character of a name steers the terminal. */
    private static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                safe.append(String.format("\\u%04X", c));
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
