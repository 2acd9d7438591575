// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.SynchronousConfigurationListener;

/** As much of a ConfigAdmin as the mirrors of a home use. */
final class MemoryAdmin {
    final List<SynchronousConfigurationListener> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, Dictionary<String, ?>> configurations = new ConcurrentHashMap<>();

    ConfigurationAdmin service() {
        return proxy(ConfigurationAdmin.class, (method, arguments) -> switch (method) {
            case "getFactoryConfiguration" -> configuration(arguments[0] + "~" + arguments[1]);
            case "listConfigurations" ->
                configurations.keySet().stream().map(this::configuration).toArray(Configuration[]::new);
            default -> throw new UnsupportedOperationException(method);
        });
    }

    Configuration configuration(String pid) {
        return proxy(Configuration.class, (method, arguments) -> switch (method) {
            case "getPid" -> pid;
            case "getProperties" -> configurations.get(pid);
            case "update" -> {
                configurations.put(pid, withPid(pid, (Dictionary<?, ?>) arguments[0]));
                tell(pid, ConfigurationEvent.CM_UPDATED);
                yield null;
            }
            case "delete" -> {
                configurations.remove(pid);
                tell(pid, ConfigurationEvent.CM_DELETED);
                yield null;
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private static Dictionary<String, Object> withPid(String pid, Dictionary<?, ?> properties) {
        Dictionary<String, Object> all = new Hashtable<>();
        properties.keys().asIterator().forEachRemaining(key -> all.put((String) key, properties.get(key)));
        all.put("service.pid", pid);
        return all;
    }

    private void tell(String pid, int type) {
        ServiceReference<ConfigurationAdmin> none = reference();
        String factory = pid.replaceFirst("~.*", "");
        listeners.forEach(listener -> listener.configurationEvent(new ConfigurationEvent(none, type, factory, pid)));
    }

    @SuppressWarnings("unchecked") // a reference that refers to nothing
    private static ServiceReference<ConfigurationAdmin> reference() {
        return proxy(ServiceReference.class, (method, arguments) -> null);
    }

    interface Answer {
        Object to(String method, Object[] arguments);
    }

    static <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answer.to(method.getName(), arguments)));
    }
}
