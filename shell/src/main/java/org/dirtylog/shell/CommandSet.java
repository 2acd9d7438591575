// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.Function;
import org.apache.felix.service.command.Process;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * Commands offered to the shell, each as a function of its own: only so does the shell hand over the words as they were
 * typed instead of fitting them to the parameters of a method.
 */
final class CommandSet implements AutoCloseable {
    private final BundleContext context;
    private final List<ServiceRegistration<Function>> services = new ArrayList<>();

    CommandSet(BundleContext context) {
        this.context = context;
    }

    @FunctionalInterface
    interface Command {
        void run(Usage.Words words, Streams streams) throws Exception;
    }

    void add(Usage usage, Command command) {
        String[] name = usage.command().split(":");
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(CommandProcessor.COMMAND_SCOPE, name[0]);
        properties.put(CommandProcessor.COMMAND_FUNCTION, name[1]);
        services.add(context.registerService(Function.class, function(usage, command), properties));
    }

    static Function function(Usage usage, Command command) {
        return (session, arguments) -> {
            Usage.Words words = usage.read(arguments);
            Process process = Process.Utils.current();
            Streams streams = new Streams(process.out(), process.err());
            return OwnThread.call(usage.command(), () -> {
                command.run(words, streams);
                return null;
            });
        };
    }

    @Override
    public void close() {
        services.forEach(ServiceRegistration::unregister);
    }
}
