// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.List;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.osgi.annotation.versioning.ProviderType;

/** Makes logs of the types that are there. An OSGi service; safe for use by many threads. */
@ProviderType
public interface DirtyLogs {

    /**
     * Makes a log with the type of the highest ranking under a name. It keeps that type, whatever comes later.
     *
     * @param typeName as in a table line
     * @param spec     what the log is for
     * @param host     the mirror's side
     * @return the log behind a guard, suspended
     * @throws DirtyLogException.Rejected    if the type refuses, or its arguments are not those it declares
     * @throws DirtyLogException.Unavailable if there is no such type now; the message names those there are
     * @throws DirtyLogException.Failed      if the type misbehaves
     */
    GuardedLog create(String typeName, LogSpec spec, LogHost host) throws DirtyLogException;

    /**
     * The names of a type's own arguments.
     *
     * @param typeName as in a table line
     * @return {@link org.dirtylog.log.DirtyLogType#parameters()}, or empty if there is no such type now
     */
    Optional<List<String>> parametersOf(String typeName);

    /**
     * The types that are there.
     *
     * @return by name, and under one name by falling rank; the first of a name is the one that makes logs
     */
    List<TypeInfo> types();

    /**
     * A type that is there.
     *
     * @param name       its name
     * @param parameters of its own, before the region size
     * @param providedBy symbolic name and version of its bundle, or of its class outside a framework
     * @param ranking    the higher the better
     * @param active     whether new logs of this name are of this type
     */
    record TypeInfo(String name, List<String> parameters, String providedBy, int ranking, boolean active) {
        /** Copies the list. */
        public TypeInfo {
            parameters = List.copyOf(parameters);
        }
    }
}
