// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Tasks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The types that are there, by name and ranking. Usable without OSGi. */
public final class TypeRegistry implements DirtyLogs {
    private static final Logger LOG = LoggerFactory.getLogger(TypeRegistry.class);
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

    private final Tasks tasks;
    private final Clock clock;

    // Replaced as a whole, under the monitor; read without it.
    private volatile List<Registered> types = List.of();

    /** A type with what it said of itself when it came; it is not asked again. */
    private record Registered(DirtyLogType type, TypeInfo info, long id) {
        /** Highest ranking first, then who came first, as in the service registry. */
        static final Comparator<Registered> ORDER = Comparator.comparing((Registered r) -> r.info.name())
                .thenComparing(r -> -(long) r.info.ranking())
                .thenComparing(Registered::id);
    }

    /**
     * Starts empty.
     *
     * @param tasks runs calls to logs that may block
     * @param clock bounds them
     */
    public TypeRegistry(Tasks tasks, Clock clock) {
        this.tasks = tasks;
        this.clock = clock;
    }

    /**
     * Adds a type. One that does not say what it is in a sensible way is left out, with a line in the log.
     *
     * @param type       the type
     * @param properties of its service: {@code service.ranking}, {@code service.id} and {@code dirtylog.provider} count
     */
    public void add(DirtyLogType type, Map<String, ?> properties) {
        Registered registered = described(type, properties);
        if (registered != null) {
            replace(type, properties, registered);
            LOG.info(
                    "Log type {} is there, from {}, ranking {}",
                    registered.info.name(),
                    registered.info.providedBy(),
                    registered.info.ranking());
        }
    }

    /**
     * Takes note of new properties of a type's service, such as another ranking. Logs that it made go on.
     *
     * @param type       one that was added
     * @param properties as for {@link #add}
     */
    public void change(DirtyLogType type, Map<String, ?> properties) {
        Registered registered = described(type, properties);
        replace(type, properties, registered);
        if (registered != null) {
            LOG.info("Log type {} has ranking {} now", registered.info.name(), registered.info.ranking());
        }
    }

    /** In one step, so that nobody finds none where there is always one. */
    private synchronized boolean replace(DirtyLogType type, Map<String, ?> properties, Registered registered) {
        long id = idOf(properties);
        List<Registered> next = new ArrayList<>(types);
        boolean there = next.removeIf(before -> before.type == type && before.id == id);
        if (registered != null) {
            next.add(registered);
            next.sort(Registered.ORDER);
        }
        types = List.copyOf(next);
        return there;
    }

    /** One object may be several services. Outside a framework a type is known by itself, and comes after all services. */
    private static long idOf(Map<String, ?> properties) {
        return properties.get("service.id") instanceof Long number ? number : Long.MAX_VALUE;
    }

    /** Asks a type what it is; {@code null} if it does not say so in a sensible way. */
    private static Registered described(DirtyLogType type, Map<String, ?> properties) {
        try {
            return new Registered(type, describe(type, properties), idOf(properties));
        } catch (Throwable e) {
            // Foreign code: whatever it throws must not reach whoever binds it.
            LOG.error(
                    "Log type {} is left out, it does not say what it is: {}",
                    type.getClass().getName(),
                    e.toString());
            return null;
        }
    }

    private static TypeInfo describe(DirtyLogType type, Map<String, ?> properties) {
        String name = type.name();
        if (name == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name '" + name
                    + "' is not a letter followed by at most 63 lower-case letters," + " digits and hyphens");
        }
        Object ranking = properties.get("service.ranking");
        Object provider = properties.get("dirtylog.provider");
        return new TypeInfo(
                name,
                type.parameters(),
                provider == null ? type.getClass().getName() : provider.toString(),
                ranking instanceof Integer number ? number : 0,
                true);
    }

    /**
     * Removes a type. Logs that it made go on.
     *
     * @param type       one that was added
     * @param properties of its service: {@code service.id} counts
     */
    public void remove(DirtyLogType type, Map<String, ?> properties) {
        if (replace(type, properties, null)) {
            LOG.info("Log type from {} has gone", type.getClass().getName());
        }
    }

    private Optional<Registered> best(String name) {
        return types.stream().filter(type -> type.info.name().equals(name)).findFirst();
    }

    @Override
    public GuardedLog create(String typeName, LogSpec spec, LogHost host) throws DirtyLogException {
        Registered best = best(typeName)
                .orElseThrow(() -> new DirtyLogException.Unavailable(
                        "there is no log type '" + typeName + "' now; there are " + names()));
        List<String> parameters = best.info.parameters();
        boolean open =
                !parameters.isEmpty() && parameters.get(parameters.size() - 1).endsWith("…");
        int count = spec.arguments().size();
        if (open ? count < parameters.size() - 1 : count != parameters.size()) {
            throw new DirtyLogException.Rejected("log type " + typeName + " takes " + parameters.size()
                    + " arguments of its own " + parameters + ", got " + count + ": " + spec.arguments());
        }
        return GuardedLog.create(best.type, typeName, spec, host, tasks, clock);
    }

    private String names() {
        return types.stream().map(type -> type.info.name()).distinct().collect(Collectors.joining(", "));
    }

    @Override
    public Optional<List<String>> parametersOf(String typeName) {
        return best(typeName).map(type -> type.info.parameters());
    }

    @Override
    public List<TypeInfo> types() {
        List<TypeInfo> infos = new ArrayList<>();
        String before = "";
        for (Registered type : types) {
            TypeInfo info = type.info;
            infos.add(new TypeInfo(
                    info.name(),
                    info.parameters(),
                    info.providedBy(),
                    info.ranking(),
                    !info.name().equals(before)));
            before = info.name();
        }
        return infos;
    }
}
