// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a mirror is asked to be, in words, each with the place where it stands. From a file, or from a client of ConfigAdmin.
 *
 * @param name   of the mirror
 * @param origin names the whole: a file, or a PID
 * @param words  by key
 */
record Settings(String name, String origin, Map<String, Word> words) {

    /**
     * The value of a key.
     *
     * @param place where it stands, for messages
     * @param value what stands there
     */
    record Word(String place, String value) {}

    static Settings of(String name, ConfigText file) {
        String fileName = MirrorFile.fileName(name);
        Map<String, Word> words = new LinkedHashMap<>();
        for (String key : file.keys()) {
            words.put(key, new Word(fileName + " line " + file.line(key), file.value(key)));
        }
        return new Settings(name, fileName, words);
    }

    /**
     * Properties of a configuration. Keys with a dot belong to ConfigAdmin, or to whoever else keeps notes there: none of ours
     * has one.
     */
    static Settings of(String name, String pid, Dictionary<String, ?> properties) {
        Map<String, Word> words = new LinkedHashMap<>();
        List<String> keys = new ArrayList<>(Collections.list(properties.keys()));
        Collections.sort(keys);
        for (String key : keys) {
            if (key.indexOf('.') < 0) {
                words.put(
                        key,
                        new Word("configuration " + pid + ", key '" + key + "'", String.valueOf(properties.get(key))));
            }
        }
        return new Settings(name, "configuration " + pid, words);
    }

    /** Keys and values, without their places. */
    Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        words.forEach((key, word) -> values.put(key, word.value));
        return values;
    }
}
