// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Fills a {@link TypeRegistry} with the services that come and go. */
@Component
public final class RegistryComponent implements DirtyLogs {
    private final TypeRegistry registry;

    /**
     * Starts empty; Declarative Services binds the types.
     *
     * @param tasks runs calls to logs that may block
     * @param clock bounds them
     */
    @Activate
    public RegistryComponent(@Reference Tasks tasks, @Reference Clock clock) {
        registry = new TypeRegistry(tasks, clock);
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindType(DirtyLogType type, ServiceReference<DirtyLogType> reference) {
        registry.add(type, propertiesOf(reference));
    }

    void updatedType(DirtyLogType type, ServiceReference<DirtyLogType> reference) {
        registry.change(type, propertiesOf(reference));
    }

    void unbindType(DirtyLogType type, ServiceReference<DirtyLogType> reference) {
        registry.remove(type, propertiesOf(reference));
    }

    private static Map<String, Object> propertiesOf(ServiceReference<DirtyLogType> reference) {
        Map<String, Object> properties = new HashMap<>();
        for (String key : reference.getPropertyKeys()) {
            properties.put(key, reference.getProperty(key));
        }
        Bundle bundle = reference.getBundle();
        if (bundle != null) {
            properties.put("dirtylog.provider", bundle.getSymbolicName() + " " + bundle.getVersion());
        }
        return properties;
    }

    @Override
    public GuardedLog create(String typeName, LogSpec spec, LogHost host) throws DirtyLogException {
        return registry.create(typeName, spec, host);
    }

    @Override
    public Optional<List<String>> parametersOf(String typeName) {
        return registry.parametersOf(typeName);
    }

    @Override
    public List<TypeInfo> types() {
        return registry.types();
    }
}
